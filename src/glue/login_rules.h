/*-------------------------------------------------------------------------
 *
 * login_rules.h
 *	  Rules about the credentials of a connection.
 *
 * IDENTIFICATION
 *	  src/glue/login_rules.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_LOGIN_RULES_H
#define GLUE_GLUE_LOGIN_RULES_H

#include "glue/rule_input.h"

extern void glue_check_login_rules(const GlueRuleInput *input);

#endif							/* GLUE_GLUE_LOGIN_RULES_H */
