package balance

import "github.com/curlew-rpc/curlew/internal/jsonfield"

func readPickFirst(configReader, jsonfield.Object) Policy { return PickFirst() }

func readRoundRobin(configReader, jsonfield.Object) Policy { return RoundRobin() }
