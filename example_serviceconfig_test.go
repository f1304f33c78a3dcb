package curlew_test

import (
	"fmt"

	"github.com/curlew-rpc/curlew"
)

// A service config that other gRPC clients use is used as it is, and one that is wrong
// says where.
func ExampleParseServiceConfig() {
	const text = `{
		"loadBalancingConfig": [{"weighted_round_robin": {}}, {"round_robin": {}}],
		"methodConfig": [{
			"name": [{"service": "greet.v1.GreetService"}],
			"timeout": "1.5s",
			"retryPolicy": {
				"maxAttempts": 3, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
				"retryableStatusCodes": ["UNAVAILABLE"]
			}
		}]
	}`
	config, err := curlew.ParseServiceConfig(text)
	if err != nil {
		fmt.Println(err)
		return
	}
	method := config.Methods[0]
	fmt.Println(method.Names[0], method.Timeout, method.Retry.MaxAttempts)

	_, err = curlew.ParseServiceConfig(`{"methodConfig": [{"name": [{}], "timeout": "90m"}]}`)
	fmt.Println(err)
	// Output:
	// greet.v1.GreetService/ 1.5s 3
	// curlew: service config: methodConfig[0].timeout: "90m"; it must be a number of seconds with an s, such as "1.5s"
}
