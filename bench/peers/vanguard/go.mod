// A module of its own: what vanguard depends on would choose the versions of what other stacks depend on.
module github.com/curlew-rpc/curlew/bench/peers/vanguard

go 1.26.0

require (
	connectrpc.com/connect v1.21.1
	connectrpc.com/vanguard v0.4.0
	github.com/curlew-rpc/curlew/bench v0.0.0
)

require (
	github.com/curlew-rpc/curlew v0.0.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	google.golang.org/genproto/googleapis/api v0.0.0-20260817212433-ac3dfec99bb1 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260817212433-ac3dfec99bb1 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace (
	github.com/curlew-rpc/curlew => ../../..
	github.com/curlew-rpc/curlew/bench => ../..
)
