package grpc

// HealthWatch is the path of the method by which a server tells its health
// (github.com/grpc/grpc/blob/master/doc/health-checking.md).
const HealthWatch = "/grpc.health.v1.Health/Watch"

// AppendHealthRequest appends a grpc.health.v1.HealthCheckRequest in protobuf binary.
func AppendHealthRequest(dst []byte, service string) []byte {
	if service == "" {
		return dst
	}
	return appendText(dst, 1, []byte(service))
}

// ParseHealthResponse reads a grpc.health.v1.HealthCheckResponse in protobuf binary and
// reports whether it says SERVING. What is not protobuf is an [*Error] with Internal.
func ParseHealthResponse(b []byte) (serving bool, err error) {
	const servingStatus = 1
	for len(b) > 0 {
		var f field
		if f, b = next(b); b == nil {
			return false, &Error{Internal, "a health response is no protobuf message"}
		}
		if f.is(1, wireVarint) {
			serving = f.number == servingStatus
		}
	}
	return serving, nil
}
