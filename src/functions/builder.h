/*-------------------------------------------------------------------------
 *
 * builder.h
 *	  Building a ConnectionInput.
 *
 * IDENTIFICATION
 *	  src/functions/builder.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_FUNCTIONS_BUILDER_H
#define GLUE_FUNCTIONS_BUILDER_H

#include "functions/function.h"
#include "glue/jdbc_url.h"

/*
 * The known values of a connection.  All text is UTF-8.  NULL: not given, or
 * invalid, which was reported.
 */
typedef struct GlueBuilder
{
	GlueFunction function;
	const NullableDatum *common;	/* the arguments that all functions have */
	const char *hint;			/* or NULL */

	const char *name;
	const char *connection_type;
	bool		is_jdbc;		/* of the first generation */
	bool		enforce_ssl;	/* if the argument is null */
	const char *url;			/* else it is made from the address */
	GlueDatabaseAddress address;	/* host or database NULL: not known */
} GlueBuilder;

extern void glue_builder_begin(GlueBuilder *builder, NullableDatum name,
							   const NullableDatum *common);
extern Datum glue_builder_end(GlueBuilder *builder);
extern const char *glue_builder_argument(GlueBuilder *builder,
										 NullableDatum argument,
										 const char *where);
extern const char *glue_builder_text(GlueBuilder *builder, const char *bytes,
									 int len, const char *where);
extern bool glue_builder_holds_secret(const char *text, int len);
extern void glue_builder_complain(GlueBuilder *builder, const char *where,
								  const char *rule, const char *message);
extern void glue_builder_complain_of_address(GlueBuilder *builder,
											 const char *where,
											 GlueAddressStatus status);

#endif							/* GLUE_FUNCTIONS_BUILDER_H */
