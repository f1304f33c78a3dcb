package rest

// statuses is indexed by the code of google.rpc.Code, whose comments have the table.
var statuses = [...]int{
	0:  200, // OK
	1:  499, // CANCELLED
	2:  500, // UNKNOWN
	3:  400, // INVALID_ARGUMENT
	4:  504, // DEADLINE_EXCEEDED
	5:  404, // NOT_FOUND
	6:  409, // ALREADY_EXISTS
	7:  403, // PERMISSION_DENIED
	8:  429, // RESOURCE_EXHAUSTED
	9:  400, // FAILED_PRECONDITION
	10: 409, // ABORTED
	11: 400, // OUT_OF_RANGE
	12: 501, // UNIMPLEMENTED
	13: 500, // INTERNAL
	14: 503, // UNAVAILABLE
	15: 500, // DATA_LOSS
	16: 401, // UNAUTHENTICATED
}

// HTTPStatus returns the HTTP status of a response to a call that ended with a code of
// gRPC. A code that no standard defines is 500.
func HTTPStatus(code uint32) int {
	if code < uint32(len(statuses)) {
		return statuses[code]
	}
	return 500
}
