package resolve

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
)

// The format of files. See File.
type (
	fileFormat struct {
		Endpoints     *[]json.RawMessage `json:"endpoints"`
		ServiceConfig json.RawMessage    `json:"serviceConfig"`
	}
	fileEndpoint struct {
		Address   *string      `json:"address"`
		Addresses *[]string    `json:"addresses"`
		ID        string       `json:"id"`
		Weight    *uint32      `json:"weight"`
		Priority  int          `json:"priority"`
		Locality  fileLocality `json:"locality"`
	}
	fileLocality struct {
		Region  string `json:"region"`
		Zone    string `json:"zone"`
		SubZone string `json:"subZone"`
	}
)

// parseEndpoints reads the text of a file. The error names the field, or line and
// column of what is no JSON.
func parseEndpoints(text []byte) (*Update, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, errors.New("it is empty")
	}
	var f fileFormat
	if err := unmarshalStrict("", text, &f); err != nil {
		return nil, err
	}
	if f.Endpoints == nil {
		return nil, errors.New("endpoints: it is missing; write [] if there are none")
	}
	u := &Update{Endpoints: make([]Endpoint, 0, len(*f.Endpoints))}
	if string(f.ServiceConfig) != "null" {
		u.ServiceConfig = string(f.ServiceConfig)
	}
	for i, raw := range *f.Endpoints {
		at := fmt.Sprintf("endpoints[%d]", i)
		var f fileEndpoint
		if err := unmarshalStrict(at, raw, &f); err != nil {
			return nil, err
		}
		ep, err := f.endpoint()
		if err != nil {
			return nil, fmt.Errorf("%s.%w", at, err)
		}
		u.Endpoints = append(u.Endpoints, ep)
	}
	if _, err := Normalize(*u); err != nil {
		return nil, err
	}
	return u, nil
}

func (f *fileEndpoint) endpoint() (Endpoint, error) {
	ep := Endpoint{ID: f.ID, Priority: f.Priority, Locality: Locality(f.Locality)}
	switch {
	case f.Priority < 0:
		return Endpoint{}, fmt.Errorf("priority: %d; 0 is the most preferred, and none is below", f.Priority)
	case f.Weight != nil && *f.Weight == 0:
		return Endpoint{}, errors.New("weight: 0; the least is 1; leave out an endpoint that is to get no calls")
	case f.Weight != nil:
		ep.Weight = *f.Weight
	}
	switch {
	case f.Address != nil && f.Addresses != nil:
		return Endpoint{}, errors.New("address: addresses is there too; write one of them")
	case f.Address != nil:
		addr, err := parseAddr(*f.Address)
		if err != nil {
			return Endpoint{}, fmt.Errorf("address: %w", err)
		}
		ep.Addrs = []Addr{addr}
	case f.Addresses == nil || len(*f.Addresses) == 0:
		return Endpoint{}, errors.New("address: it is missing; write host:port or unix:path")
	default:
		for i, s := range *f.Addresses {
			addr, err := parseAddr(s)
			if err != nil {
				return Endpoint{}, fmt.Errorf("addresses[%d]: %w", i, err)
			}
			ep.Addrs = append(ep.Addrs, addr)
		}
	}
	return ep, nil
}

// parseAddr reads "host:port", "unix:path" or "unix-abstract:name".
func parseAddr(s string) (Addr, error) {
	path, isUnix := strings.CutPrefix(s, "unix:")
	name, isAbstract := strings.CutPrefix(s, "unix-abstract:")
	if isAbstract {
		path = "@" + name
	}
	switch {
	case isUnix && path == "", isAbstract && name == "":
		return Addr{}, fmt.Errorf("%q: nothing follows the colon", s)
	case isUnix, isAbstract:
		return Addr{Network: "unix", Address: path}, checkSocketPath(path)
	}
	host, port, err := splitHostPort(s)
	if err == nil && port == "" {
		err = fmt.Errorf("%q needs a port; write %s:443", s, s)
	}
	if err != nil {
		return Addr{}, err
	}
	return Addr{Network: "tcp", Address: net.JoinHostPort(host, port)}, nil
}

// unmarshalStrict decodes an object of JSON that has no fields but those of v. at is
// where in the file it is.
func unmarshalStrict(at string, text []byte, v any) error {
	if err := json.Unmarshal(text, v); err != nil {
		return jsonError(at, text, err)
	}
	if text = bytes.TrimSpace(text); text[0] != '{' {
		return fmt.Errorf("%s: it is null; an object is needed", cmp.Or(at, "line 1"))
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		// All else has been excluded.
		name := strings.TrimPrefix(err.Error(), "json: unknown field ")
		return fmt.Errorf("%s: there is no such field; %s", fieldOf(at, strings.Trim(name, `"`)), known(v))
	}
	return nil
}

// known says which fields there are.
func known(v any) string {
	if _, is := v.(*fileFormat); is {
		return "there are endpoints and serviceConfig"
	}
	return "there are address, addresses, id, weight, priority and locality, which has region, zone and subZone"
}
