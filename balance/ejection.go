package balance

import (
	"fmt"
	"time"
)

// An Ejection says that OutlierDetection keeps calls from an endpoint, why and until
// when. It is the error of the endpoint's View in the child's snapshots, and so of calls
// that fail since there is no other endpoint. It must not be changed.
type Ejection struct {
	// Method is how the endpoint was found out: "consecutive", "success_rate" or
	// "failure_percentage".
	Method string

	// Reason says in words what was wrong.
	Reason string

	// Since and Until say when it began and how long it is to last at most. Until is
	// zero when it is not enforced.
	Since, Until time.Time

	// Unenforced is empty for an endpoint that was ejected. Otherwise it says why it
	// was not, although it should have been: "enforcement_percentage", or
	// "max_ejection_overflow" when too many others are (gRFC A91).
	Unenforced string
}

// Error implements error.
func (e *Ejection) Error() string {
	if e.Unenforced != "" {
		return fmt.Sprintf("not ejected (%s): %s", e.Unenforced, e.Reason)
	}
	return fmt.Sprintf("ejected until %s: %s", e.Until.Format("15:04:05 MST"), e.Reason)
}

// Ejection returns why the endpoint is ejected, nil when it is not, as of the last plan
// of an OutlierDetection that it was in.
func (l *Load) Ejection() *Ejection { return l.ejection.Load() }
