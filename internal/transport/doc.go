// Package transport binds the protocols of internal/wire to connections of
// internal/h2: a server's listeners and their connections, a client's
// connections, and the gRPC streams on both.
//
// A server gives each request to a [Protocol] by its content type. What serves
// a request is made by the package above, with a stream of this package
// embedded in it; nothing here knows of the types of calls that users see.
package transport
