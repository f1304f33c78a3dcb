package orca_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/orca"
	"github.com/curlew-rpc/curlew/orca/internal/orcapb"
)

func TestProcessCPU(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, orca.WithProcessCPU(), orca.WithoutRates())
		got, _ := s.call(t)
		want(t, "before there is a measurement", got, nil)
		for got.GetCpuUtilization() == 0 { // a process that calls uses some
			time.Sleep(time.Second)
			got, _ = s.call(t)
		}
		want(t, "measured", got, &orcapb.OrcaLoadReport{CpuUtilization: got.GetCpuUtilization()})
		s.load.SetCPU(0.5)
		got, _ = s.call(t)
		want(t, "set", got, &orcapb.OrcaLoadReport{CpuUtilization: 0.5})
		s.load.SetCPU(math.NaN())
		if got, _ = s.call(t); got.GetCpuUtilization() == 0.5 {
			t.Error("what was taken back is still there")
		}
	})
}
