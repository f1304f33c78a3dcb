package health

import "strconv"

// A Status says whether a service can do its work.
type Status int32

const (
	// Unknown: the service is there and has not said how it is.
	Unknown Status = 0
	// Serving: it works.
	Serving Status = 1
	// NotServing: it does not work now; clients should call another server.
	NotServing Status = 2
	// ServiceUnknown: there is no such service. Set with it removes a service;
	// Watch yields it.
	ServiceUnknown Status = 3
)

// String returns the status as gRPC spells it, for instance "NOT_SERVING".
func (s Status) String() string {
	switch s {
	case Unknown:
		return "UNKNOWN"
	case Serving:
		return "SERVING"
	case NotServing:
		return "NOT_SERVING"
	case ServiceUnknown:
		return "SERVICE_UNKNOWN"
	}
	return "Status(" + strconv.Itoa(int(s)) + ")"
}
