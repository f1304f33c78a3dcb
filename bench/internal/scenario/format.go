package scenario

import (
	"fmt"
	"math"
	"strconv"
)

// Format writes a value of a metric in the unit in which people read it.
func Format(metric string, value float64) string {
	value, unit := Scale(metric, value)
	if unit == "" {
		return Round(value)
	}
	return Round(value) + " " + unit
}

// Scale turns a value of a metric to the unit in which people read it.
func Scale(metric string, value float64) (float64, string) {
	switch metric {
	case ServerCPU, ClientCPU, P50, P99, P999:
		return value, "µs"
	case ServerBytes, ClientBytes, BytesPerSecond:
		return value / (1 << 20), "MiB"
	case IdleConn, CalledConn, IdleStream, KernelConn:
		return value / 1024, "KiB"
	case Size:
		return value / 1e6, "MB"
	case StartUp:
		return value / 1e3, "ms"
	}
	return value, ""
}

// Round writes a number with three digits that count, thousands apart.
func Round(value float64) string {
	size := math.Abs(value)
	switch {
	case math.IsNaN(value):
		return "-"
	case size >= 1000:
		digits := strconv.FormatFloat(math.Abs(math.Round(value)), 'f', 0, 64)
		for i := len(digits) - 3; i > 0; i -= 3 {
			digits = digits[:i] + "," + digits[i:]
		}
		if value < 0 {
			return "-" + digits
		}
		return digits
	case size >= 100:
		return fmt.Sprintf("%.0f", value)
	case size >= 10:
		return fmt.Sprintf("%.1f", value)
	default:
		return fmt.Sprintf("%.2f", value)
	}
}
