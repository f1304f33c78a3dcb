package resolve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"
)

const (
	configPrefix    = "_grpc_config." // of the name
	configAttribute = "grpc_config="  // of the text
)

// configGrace is how much longer than for addresses the first update waits for a
// service config: calls made before it comes would go without.
const configGrace = 100 * time.Millisecond

// configAnswer is what a look-up of TXT records gave.
type configAnswer struct {
	texts []string
	err   error
}

// askConfig begins to look up the service config, if that is not under way.
func (w *dnsWatch) askConfig(ctx context.Context) {
	if w.NoServiceConfig || w.pending != nil || !mayHaveConfig(w.configHost) {
		return
	}
	pending := make(chan configAnswer, 1)
	w.pending = pending
	w.asking.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, w.Timeout)
		defer cancel()
		texts, err := w.LookupTXT(ctx, w.server, configPrefix+w.configHost)
		pending <- configAnswer{texts, err}
	})
}

// mayHaveConfig excludes names that DNS does not know, and those of this machine,
// which are none of its business (RFC 6761 §6.3).
func mayHaveConfig(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return len(configPrefix)+len(host) <= maxName && host != "localhost" && !strings.HasSuffix(host, ".localhost")
}

// awaitConfig takes over what has been found, and waits a little for it when
// nothing is known yet.
func (w *dnsWatch) awaitConfig(ctx context.Context) {
	if w.pending == nil {
		return
	}
	select {
	case a := <-w.pending:
		w.takeConfig(a)
		return
	default:
	}
	if _, known := w.config(); known {
		return
	}
	late := time.NewTimer(configGrace)
	defer late.Stop()
	select {
	case a := <-w.pending:
		w.takeConfig(a)
	case <-late.C:
	case <-ctx.Done():
	}
}

// config returns what is known, and whether anything is.
func (w *dnsWatch) config() (text string, known bool) {
	w.memory.mu.Lock()
	defer w.memory.mu.Unlock()
	return w.memory.config, w.memory.asked
}

// takeConfig takes over what was found and reports whether it is something else than
// before. Of a look-up that failed nothing is known.
func (w *dnsWatch) takeConfig(a configAnswer) (changed bool) {
	w.pending = nil
	var none *net.DNSError
	text := ""
	m := w.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case a.err == nil:
		var err error
		if text, err = chooseConfig(a.texts, m.roll, hostname()); err != nil {
			// It is no JSON, and so no service config, and says why.
			text = fmt.Sprintf("dns: the TXT record of %q: %v", configPrefix+w.configHost, err)
		}
	case !errors.As(a.err, &none) || !none.IsNotFound:
		return false
	}
	changed = text != m.config
	m.config, m.asked = text, true
	return changed
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "" // which no choice names
	}
	return name
}

// A configChoice is one item of the list in a TXT record (gRFC A2).
type configChoice struct {
	ClientLanguage []string        `json:"clientLanguage"`
	Percentage     *int            `json:"percentage"`
	ClientHostname []string        `json:"clientHostname"`
	ServiceConfig  json.RawMessage `json:"serviceConfig"`
}

func (c *configChoice) check() error {
	switch {
	case c.Percentage != nil && (*c.Percentage < 0 || *c.Percentage > 100):
		return fmt.Errorf("percentage: %d; it must be from 0 to 100", *c.Percentage)
	case len(c.ServiceConfig) == 0 || string(c.ServiceConfig) == "null":
		return errors.New("serviceConfig: it is missing")
	}
	return nil
}

// fits reports whether the choice is for this client. A list that is empty is for all.
func (c *configChoice) fits(roll int, hostname string) bool {
	isOurs := func(list []string, name string) bool {
		return len(list) == 0 || slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
	}
	return isOurs(c.ClientLanguage, "go") &&
		isOurs(c.ClientHostname, hostname) &&
		(c.Percentage == nil || roll <= *c.Percentage)
}

// chooseConfig returns the service config of the first choice that is for this
// client, empty if there is none. Of several records, which DNS gives in any order,
// it reads one after the other in that of their texts. All choices must be right.
func chooseConfig(texts []string, roll int, hostname string) (string, error) {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	chosen := ""
	for _, text := range texts {
		list, is := strings.CutPrefix(text, configAttribute)
		if !is {
			continue // of others
		}
		var choices []configChoice
		if err := json.Unmarshal([]byte(list), &choices); err != nil {
			return "", fmt.Errorf("what follows %s is no list of choices: %w", configAttribute, jsonError("", []byte(list), err))
		}
		for i := range choices {
			c := &choices[i]
			if err := c.check(); err != nil {
				return "", fmt.Errorf("%s[%d].%w", strings.TrimSuffix(configAttribute, "="), i, err)
			}
			if chosen == "" && c.fits(roll, hostname) {
				chosen = string(c.ServiceConfig)
			}
		}
	}
	return chosen, nil
}
