/*-------------------------------------------------------------------------
 *
 * operation_name.h
 *	  Names of the operations of AWS Glue.
 *
 * The tables of requests and intents store them, too.
 *
 * IDENTIFICATION
 *	  src/glue/operation_name.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_OPERATION_NAME_H
#define GLUE_GLUE_OPERATION_NAME_H

#define GLUE_BATCH_DELETE_CONNECTION	"BatchDeleteConnection"
#define GLUE_CREATE_CONNECTION			"CreateConnection"
#define GLUE_DELETE_CONNECTION			"DeleteConnection"
#define GLUE_DESCRIBE_CONNECTION_TYPE	"DescribeConnectionType"
#define GLUE_GET_CONNECTION				"GetConnection"
#define GLUE_GET_CONNECTIONS			"GetConnections"
#define GLUE_GET_TAGS					"GetTags"
#define GLUE_LIST_CONNECTION_TYPES		"ListConnectionTypes"
#define GLUE_TAG_RESOURCE				"TagResource"
#define GLUE_TEST_CONNECTION			"TestConnection"
#define GLUE_UNTAG_RESOURCE				"UntagResource"
#define GLUE_UPDATE_CONNECTION			"UpdateConnection"

#endif							/* GLUE_GLUE_OPERATION_NAME_H */
