/*-------------------------------------------------------------------------
 *
 * provision.h
 *	  What the functions about what tables hold have in common.
 *
 * For src/functions alone.
 *
 * IDENTIFICATION
 *	  src/functions/provision.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_FUNCTIONS_PROVISION_H
#define GLUE_FUNCTIONS_PROVISION_H

extern void glue_require_owner(Oid table);

#endif							/* GLUE_FUNCTIONS_PROVISION_H */
