/*-------------------------------------------------------------------------
 *
 * place_rules.h
 *	  Rules about the address of the data, and the network.
 *
 * IDENTIFICATION
 *	  src/glue/place_rules.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_PLACE_RULES_H
#define GLUE_GLUE_PLACE_RULES_H

#include "glue/rule_input.h"

extern void glue_check_address_rules(const GlueRuleInput *input);
extern void glue_check_network_rules(const GlueRuleInput *input);

#endif							/* GLUE_GLUE_PLACE_RULES_H */
