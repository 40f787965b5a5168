/*-------------------------------------------------------------------------
 *
 * exception_name.h
 *	  Names of exceptions that our code handles.
 *
 * The tables that only map an exception to a value (see aws/retry.c,
 * client/failure.c) hold further names.
 *
 * IDENTIFICATION
 *	  src/aws/exception_name.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_EXCEPTION_NAME_H
#define GLUE_AWS_EXCEPTION_NAME_H

#define GLUE_EXCEPTION_ALREADY_EXISTS		"AlreadyExistsException"
#define GLUE_EXCEPTION_ENTITY_NOT_FOUND		"EntityNotFoundException"
#define GLUE_EXCEPTION_EXPIRED_TOKEN		"ExpiredTokenException"
#define GLUE_EXCEPTION_EXPIRED_TOKEN_STS	"ExpiredToken"
#define GLUE_EXCEPTION_OPERATION_TIMEOUT	"OperationTimeoutException"
#define GLUE_EXCEPTION_THROTTLING			"ThrottlingException"

#endif							/* GLUE_AWS_EXCEPTION_NAME_H */
