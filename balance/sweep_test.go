package balance

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/resolve"
)

// A tally is how many calls ended well and badly at a host, written "good/bad".
func (w *world) tallies(tallies string) *world {
	for i, s := range strings.Fields(tallies) {
		var good, bad int
		if _, err := fmt.Sscanf(s, "%d/%d", &good, &bad); err != nil {
			panic(err)
		}
		l := w.views[i].Load
		for n := range good + bad {
			l.Begin()
			// Evenly mixed, so that no row of failures gets long.
			if n*bad/(good+bad) != (n+1)*bad/(good+bad) {
				l.End(Outcome{Class: Unavailable})
			} else {
				l.End(Outcome{Class: Success})
			}
		}
	}
	return w
}

// ejected lists the endpoints ejected and by which method.
func (w *world) ejected() string {
	var out []string
	for _, v := range w.views {
		if e := v.Load.Ejection(); e != nil {
			out = append(out, v.Endpoint.ID+":"+e.Method)
		}
	}
	return strings.Join(out, " ")
}

func outlierWorld(t *testing.T, c OutlierConfig) *world {
	return newWorld(t, func(leaf Policy) Policy { return OutlierDetection(c, leaf) })
}

const hostNames = "a b c d e f g h i j k l m n o p q r s t"

// hosts lists the first n of a to t, all ready.
func (w *world) hosts(n int) *world {
	ids := strings.Join(strings.Fields(hostNames)[:n], " ")
	return w.add(ids).set(ids, Ready).step()
}

// Whoever is ejected by the two algorithms of gRFC A50 after one interval.
func TestOutlierSweep(t *testing.T) {
	rate := func(c SuccessRateEjection) OutlierConfig {
		return OutlierConfig{SuccessRate: &c, MaxEjectionPercent: 100, PanicThreshold: -1}
	}
	percent := func(c FailurePercentageEjection) OutlierConfig {
		return OutlierConfig{FailurePercentage: &c, MaxEjectionPercent: 100, PanicThreshold: -1}
	}
	both := rate(SuccessRateEjection{})
	both.FailurePercentage = &FailurePercentageEjection{}
	for _, c := range []struct {
		name    string
		config  OutlierConfig
		tallies string
		want    string
	}{
		// One of five is always two standard deviations below the mean: the most there can be.
		{"rate", rate(SuccessRateEjection{}), "100/0 100/0 100/0 100/0 50/50", "e:success_rate"},
		{"rate, not much worse", rate(SuccessRateEjection{}), "100/0 100/0 100/0 100/0 99/1", "e:success_rate"},
		{"rate, factor above two", rate(SuccessRateEjection{StdevFactor: 2001}), "100/0 100/0 100/0 100/0 0/100", ""},
		{"rate, no spread", rate(SuccessRateEjection{}), "50/50 50/50 50/50 50/50 50/50", ""},
		{"rate, two of five are no outliers", rate(SuccessRateEjection{}), "100/0 100/0 100/0 0/100 0/100", ""},
		{"rate, two of five with a low factor", rate(SuccessRateEjection{StdevFactor: 1000}), "100/0 100/0 100/0 0/100 0/100", "d:success_rate e:success_rate"},
		{"rate, two of ten", rate(SuccessRateEjection{}), "100/0 100/0 100/0 100/0 100/0 100/0 100/0 100/0 0/100 0/100", "i:success_rate j:success_rate"},
		{"rate, four hosts", rate(SuccessRateEjection{}), "100/0 100/0 100/0 0/100", ""},
		{"rate, four hosts suffice", rate(SuccessRateEjection{MinHosts: 4, StdevFactor: 1700}), "100/0 100/0 100/0 0/100", "d:success_rate"},
		{"rate, four of five with volume", rate(SuccessRateEjection{}), "100/0 100/0 100/0 99/0 0/100", ""},
		{"rate, the bad one has no volume", rate(SuccessRateEjection{}), "100/0 100/0 100/0 100/0 100/0 0/99", ""},
		{"rate, low volume suffices", rate(SuccessRateEjection{MinVolume: 5}), "5/0 5/0 5/0 5/0 4/1", "e:success_rate"},
		{"rate, no enforcement", rate(SuccessRateEjection{Enforcement: -1}), "100/0 100/0 100/0 100/0 0/100", ""},
		{"percentage", percent(FailurePercentageEjection{}), "50/0 50/0 50/0 50/0 7/43", "e:failure_percentage"},
		{"percentage, just the threshold", percent(FailurePercentageEjection{}), "50/0 50/0 50/0 50/0 15/85", ""},
		{"percentage, low volume", percent(FailurePercentageEjection{}), "50/0 50/0 50/0 50/0 0/49", ""},
		{"percentage, the volume of others", percent(FailurePercentageEjection{}), "0/0 0/0 0/0 0/0 0/50", "e:failure_percentage"},
		{"percentage, four hosts", percent(FailurePercentageEjection{}), "50/0 50/0 50/0 0/50", ""},
		{"percentage, one host suffices", percent(FailurePercentageEjection{MinHosts: 1, MinVolume: 1}), "0/1", "a:failure_percentage"},
		{"percentage, all", percent(FailurePercentageEjection{Threshold: 10}), "0/50 0/50 0/50 0/50 0/50", "a:failure_percentage b:failure_percentage c:failure_percentage d:failure_percentage e:failure_percentage"},
		{"percentage, threshold 0", percent(FailurePercentageEjection{Threshold: -1}), "50/0 50/0 50/0 50/0 99/1", "e:failure_percentage"},
		{"percentage, no enforcement", percent(FailurePercentageEjection{Enforcement: -1}), "50/0 50/0 50/0 50/0 0/50", ""},
		{"both", both, "100/0 100/0 100/0 5/55 0/100 100/0", "d:failure_percentage e:success_rate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := outlierWorld(t, c.config).hosts(len(strings.Fields(c.tallies)))
			w.tallies(c.tallies).pass(10*time.Second - 1).step()
			if got := w.ejected(); got != "" {
				t.Errorf("before the end of the interval %s are ejected", got)
			}
			w.pass(1).step()
			if got := w.ejected(); got != c.want {
				t.Errorf("ejected are %q, want %q", got, c.want)
			}
		})
	}
}

// Only calls of the last interval count, and none from before the planner was made.
func TestOutlierSweepForgets(t *testing.T) {
	config := OutlierConfig{FailurePercentage: &FailurePercentageEjection{MinVolume: 10}}
	w := outlierWorld(t, config).hosts(5).calls("a", Broken, 9).pass(10*time.Second).step().calls("a", Broken, 9).pass(10 * time.Second).step()
	if got := w.ejected(); got != "" {
		t.Errorf("%s is ejected for calls of two intervals", got)
	}
	w.calls("a", Broken, 50)
	w.planner = OutlierDetection(config, leafPolicy{w}).NewPlanner()
	w.step().pass(10 * time.Second).step()
	if got := w.ejected(); got != "" {
		t.Errorf("%s is ejected for calls from before", got)
	}
}

func TestOutlierClasses(t *testing.T) {
	for _, c := range []struct {
		class Class
		all   bool
		want  bool
	}{
		{Success, true, false}, {Failure, true, true}, {Rejected, true, true}, {Canceled, true, false}, {Unavailable, true, true}, {TimedOut, true, true}, {Broken, true, true},
		{Success, false, false}, {Failure, false, false}, {Rejected, false, true}, {Canceled, false, false}, {Unavailable, false, true}, {TimedOut, false, true}, {Broken, false, true},
	} {
		w := outlierWorld(t, OutlierConfig{CountAll: c.all, FailurePercentage: &FailurePercentageEjection{}}).hosts(5)
		w.calls("a", c.class, 50).pass(10 * time.Second).step()
		if got := w.ejected() != ""; got != c.want {
			t.Errorf("%v with CountAll %v: ejected is %v", c.class, c.all, got)
		}
	}
}

// Never more than MaxEjectionPercent, but one always: the worst first.
func TestOutlierMaxEjectionPercent(t *testing.T) {
	for _, c := range []struct {
		hosts, percent, want int
	}{{5, 0, 1}, {10, 0, 1}, {19, 0, 1}, {20, 0, 2}, {20, 50, 10}, {20, 49, 9}, {5, -1, 1}, {5, 100, 5}} {
		overflow := 0
		w := outlierWorld(t, OutlierConfig{
			MaxEjectionPercent: c.percent,
			FailurePercentage:  &FailurePercentageEjection{Threshold: 10},
			Notify: func(_ resolve.Endpoint, e *Ejection) {
				if e.Unenforced == "max_ejection_overflow" {
					overflow++
				}
			},
		}).hosts(c.hosts)
		var tallies []string
		for i := range c.hosts {
			tallies = append(tallies, fmt.Sprintf("%d/%d", 50-i, 50+i))
		}
		w.tallies(strings.Join(tallies, " ")).pass(10 * time.Second).step()
		got := len(strings.Fields(w.ejected()))
		if got != c.want || overflow != c.hosts-c.want {
			t.Errorf("of %d hosts with %d %%, %d are ejected and %d are too many, want %d and %d", c.hosts, c.percent, got, overflow, c.want, c.hosts-c.want)
		}
		if last := w.views[c.hosts-1]; last.Load.Ejection() == nil {
			t.Errorf("of %d hosts with %d %%, the worst is not ejected", c.hosts, c.percent)
		}
	}
}
