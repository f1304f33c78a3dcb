package exit

import (
	"errors"
	"fmt"
	"testing"
)

func TestStatus(t *testing.T) {
	cause := errors.New("cause")
	for _, test := range []struct {
		name   string
		err    error
		status int
		silent bool
		text   string
	}{
		{"none", nil, 0, false, ""},
		{"any error", cause, Failure, false, "cause"},
		{"usage", Usagef("no %s: %w", "flag", cause), Usage, false, "no flag: cause"},
		{"a status of its own", &Error{Status: 69, Err: cause}, 69, false, "cause"},
		{"wrapped", fmt.Errorf("call: %w", &Error{Status: 69, Err: cause}), 69, false, "call: cause"},
		{"printed already", Silent(3), 3, true, "exit status 3"},
		{"printed already, and wrapped", fmt.Errorf("call: %w", Silent(3)), 3, true, "call: exit status 3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Status(test.err); got != test.status {
				t.Errorf("status %d, want %d", got, test.status)
			}
			if got := IsSilent(test.err); got != test.silent {
				t.Errorf("silent: %v", got)
			}
			if test.err != nil && test.err.Error() != test.text {
				t.Errorf("text %q, want %q", test.err, test.text)
			}
		})
	}
	if !errors.Is(Usagef("x: %w", cause), cause) {
		t.Error("the cause is lost")
	}
}
