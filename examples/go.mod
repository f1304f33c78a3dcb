module github.com/curlew-rpc/curlew/examples

go 1.26.0

require (
	github.com/curlew-rpc/curlew v0.0.0
	github.com/curlew-rpc/curlew/http3 v0.0.0
	github.com/go-chi/chi/v5 v5.5.0
	google.golang.org/genproto/googleapis/api v0.0.0-20261026165753-2ffab32bce7e
	google.golang.org/genproto/googleapis/rpc v0.0.0-20261026165753-2ffab32bce7e
	google.golang.org/protobuf v1.36.12
)

require (
	github.com/quic-go/qpack v0.6.0 // indirect
	github.com/quic-go/quic-go v0.65.0 // indirect
	golang.org/x/crypto v0.54.0 // indirect
	golang.org/x/net v0.57.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.40.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)

replace (
	github.com/curlew-rpc/curlew => ..
	github.com/curlew-rpc/curlew/http3 => ../http3
)
