package curlew

// A Kind says which sides of a call are streams.
type Kind uint8

const (
	// KindUnary: one request, one response.
	KindUnary Kind = iota
	// KindClientStream: many requests, one response.
	KindClientStream
	// KindServerStream: one request, many responses.
	KindServerStream
	// KindBidi: many requests and many responses, independent of each other.
	KindBidi
)

// String returns for instance "server streaming".
func (k Kind) String() string {
	switch k {
	case KindUnary:
		return "unary"
	case KindClientStream:
		return "client streaming"
	case KindServerStream:
		return "server streaming"
	case KindBidi:
		return "bidirectional streaming"
	}
	return "invalid kind"
}

// ManyRequests reports whether the client sends a stream.
func (k Kind) ManyRequests() bool { return k == KindClientStream || k == KindBidi }

// ManyResponses reports whether the server sends a stream.
func (k Kind) ManyResponses() bool { return k == KindServerStream || k == KindBidi }

// Idempotency says what is known of a method's effects, by the option
// idempotency_level of the .proto file.
type Idempotency uint8

const (
	// IdempotencyUnknown: nothing; a repeated call may do its work twice.
	IdempotencyUnknown Idempotency = iota
	// NoSideEffects: the method only reads.
	NoSideEffects
	// Idempotent: calling it twice is as good as once.
	Idempotent
)

// A Method describes a method. Generated code has one for each; it must not be
// changed.
type Method struct {
	// Path is the full name, "/package.Service/Method".
	Path        string
	Kind        Kind
	Idempotency Idempotency
}

// A MethodOf is a Method with its message types, which are pointers to generated
// messages.
type MethodOf[Req, Res any] struct {
	Method
	NewRequest  func() Req
	NewResponse func() Res
}

// A Service is what is registered with a server. Generated code makes it.
type Service struct {
	// Name is the full name, "package.Service".
	Name string
	// File is the path of the .proto file that defines it.
	File    string
	Methods []MethodHandler
}

// A MethodHandler is a method and what serves it. HandleUnary, HandleServerStream,
// HandleClientStream and HandleBidi make them.
type MethodHandler struct {
	Method  *Method
	Handler Handler
}
