/*-------------------------------------------------------------------------
 *
 * xml.h
 *	  The text of single elements of an XML document.
 *
 * IDENTIFICATION
 *	  src/text/xml.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_TEXT_XML_H
#define GLUE_TEXT_XML_H

#include <stdbool.h>
#include <stddef.h>

/* An element to look for, and the buffer for its text. */
typedef struct GlueXmlField
{
	const char *path;			/* "Error/Code": the end of its path */
	char	   *value;			/* buffer; "" if there is no such element */
	size_t		size;
} GlueXmlField;

extern bool glue_xml_text(const char *xml, size_t len,
						  GlueXmlField *fields, int nfields);

#endif							/* GLUE_TEXT_XML_H */
