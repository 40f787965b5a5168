"""Refusals, in AWS's words.

An operation that cannot be carried out raises AwsError; the protocol (JSON
1.1 for Glue, XML for STS) gives it its form.
"""

# Errors that AWS's common front end raises spell their text "message";
# those that Glue itself raises spell it "Message".
FRONT_END_CODES = frozenset({
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "RequestEntityTooLargeException",
    "SerializationException",
    "ThrottlingException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "ValidationException",
})

STATUS_BY_CODE = {
    "InternalServiceException": 500,
    "RequestEntityTooLargeException": 413,
}


class AwsError(Exception):
    """A refusal with AWS's exception name and text."""

    def __init__(self, code, message, **members):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.members = members      # further members of the answer

    @property
    def status(self):
        """The HTTP status of the error."""
        return STATUS_BY_CODE.get(self.code, 400)

    def as_json(self):
        """The error as the body of a JSON 1.1 answer."""
        spelling = "message" if self.code in FRONT_END_CODES else "Message"
        return {"__type": self.code, spelling: self.message, **self.members}


def invalid_input(message):
    """The error of Glue's own validation."""
    return AwsError("InvalidInputException", message)


def not_found(message):
    """The error for a name that does not exist."""
    return AwsError("EntityNotFoundException", message)
