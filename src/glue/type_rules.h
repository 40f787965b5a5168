/*-------------------------------------------------------------------------
 *
 * type_rules.h
 *	  Rules of single types of connections with code of their own.
 *
 * IDENTIFICATION
 *	  src/glue/type_rules.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_TYPE_RULES_H
#define GLUE_GLUE_TYPE_RULES_H

#include "glue/rule_input.h"

extern void glue_check_type_rules(const GlueRuleInput *input);

#endif							/* GLUE_GLUE_TYPE_RULES_H */
