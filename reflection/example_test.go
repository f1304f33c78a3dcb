package reflection_test

import (
	"context"
	"log"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/health"
	"github.com/curlew-rpc/curlew/reflection"
)

// With this, "grpcurl -plaintext localhost:8080 list" lists the services.
func ExampleRegister() {
	srv := curlew.NewServer()
	health.New().Register(srv)
	reflection.Register(srv)
	if err := srv.ListenAndServe(context.Background(), ":8080"); err != nil {
		log.Fatal(err)
	}
}
