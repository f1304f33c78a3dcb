package openapi

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/curlew-rpc/curlew/internal/wire/rest"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Config says what a document holds besides the services. The zero value is usable.
type Config struct {
	// Title is the name of the API. Default: the full name of the service, or of the
	// package if all services are in one, or else "API".
	Title string
	// Version is that of the API. Default: the one that ends the name of the package,
	// as v1 does, if all services have the same, or else "0.0.0".
	Version string
	// Description is about the API as a whole, in Markdown. Default: none.
	Description string
	// Servers are the URLs below which the routes are. Default: where the document is
	// served from.
	Servers []string
	// Bearer says that calls carry a token, as "Authorization: Bearer ...".
	Bearer bool
	// NoConnect leaves out the routes of the Connect protocol, NoREST those of
	// google.api.http.
	NoConnect, NoREST bool
}

// Infrastructure reports whether a service is there for tools and not for an API's
// users: reflection, health and the like. What it is about can be left out of a document.
func Infrastructure(service protoreflect.FullName) bool {
	for _, prefix := range []string{"grpc.reflection.", "grpc.health.", "grpc.channelz.", "grpc.admin.", "xds.service.orca."} {
		if strings.HasPrefix(string(service), prefix) {
			return true
		}
	}
	return false
}

// Build describes services, in the order given. It is an error if a rule of
// google.api.http is wrong, or if two methods have the same verb and path: the error
// names both. Comments become descriptions if the descriptors have their source's
// locations, which those linked into a program do not.
func Build(services []protoreflect.ServiceDescriptor, cfg Config) (*Document, error) {
	b := &builder{
		cfg:     cfg,
		schemas: newSchemas(),
		entries: make(map[string]*entry),
		ids:     make(map[string]bool),
		short:   make(map[protoreflect.Name]int),
		rest:    make(map[protoreflect.FullName]bool),
	}
	for _, sd := range services {
		b.short[sd.Name()]++
	}
	b.each(services, b.reserve)
	if !cfg.NoREST {
		b.each(services, b.restRoutes)
	}
	if !cfg.NoConnect {
		b.each(services, b.connectRoutes)
	}
	if err := errors.Join(b.failed...); err != nil {
		return nil, fmt.Errorf("describing services: %w", err)
	}
	return &Document{b.document(services)}, nil
}

// A builder collects what becomes a document.
type builder struct {
	cfg     Config
	schemas *schemas
	router  rest.Router[struct{}] // finds rules that exclude each other
	paths   []*entry              // in order
	entries map[string]*entry     // the same, by shape
	ids     map[string]bool       // of operations
	short   map[protoreflect.Name]int
	rest    map[protoreflect.FullName]bool // methods that have operations of google.api.http
	connect bool                           // there are operations of the Connect protocol
	failed  []error
}

// An entry is a path and its operations.
type entry struct {
	route  route
	item   *object
	owners map[string]string // of operations, by verb: what they are, for errors
}

func (b *builder) each(services []protoreflect.ServiceDescriptor, f func(protoreflect.MethodDescriptor) error) {
	for _, sd := range services {
		for i := range sd.Methods().Len() {
			if err := f(sd.Methods().Get(i)); err != nil {
				b.failed = append(b.failed, err)
			}
		}
	}
}

// reserve takes the names of methods for operations of theirs, before those with a
// suffix can.
func (b *builder) reserve(md protoreflect.MethodDescriptor) error {
	b.ids[b.baseID(md)] = true
	return nil
}

// baseID returns Service_Method, with the package if another service has the same name.
func (b *builder) baseID(md protoreflect.MethodDescriptor) string {
	sd := md.Parent()
	name := string(sd.Name())
	if b.short[sd.Name()] > 1 {
		name = strings.ReplaceAll(string(sd.FullName()), ".", "_")
	}
	return name + "_" + string(md.Name())
}

// id returns an operation's id that no other has.
func (b *builder) id(md protoreflect.MethodDescriptor, suffix string) string {
	base := b.baseID(md)
	if suffix == "" {
		return base
	}
	id := base + "_" + suffix
	for n := 2; b.ids[id]; n++ {
		id = base + "_" + suffix + "_" + strconv.Itoa(n)
	}
	b.ids[id] = true
	return id
}

// entry returns the entry of a route, which is new if no route of the same shape was
// there before.
func (b *builder) entry(r route) *entry {
	e := b.entries[r.shape]
	if e == nil {
		e = &entry{route: r, item: new(object), owners: make(map[string]string)}
		b.entries[r.shape] = e
		b.paths = append(b.paths, e)
	}
	return e
}

// add adds an operation. owner is what the error about a second one says.
func (e *entry) add(verb, owner string, operation *object) error {
	if before, ok := e.owners[verb]; ok {
		return fmt.Errorf("%s and %s have the same path to OpenAPI, %s %s", before, owner, verb, e.route.path)
	}
	e.owners[verb] = owner
	switch verb {
	case "GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE":
		e.item.set(strings.ToLower(verb), operation)
	default:
		// What OpenAPI 3.2 calls additionalOperations.
		e.item.object("x-oai-additionalOperations").set(verb, operation)
	}
	return nil
}

// operation returns an operation with what the method's source says of it.
func (b *builder) operation(md protoreflect.MethodDescriptor, id string, notes ...string) *object {
	says := comment(md)
	o := obj(
		member{"tags", texts(md.Parent().FullName())},
		member{"summary", text(md.Name())},
		member{"operationId", text(id)},
	)
	if says != "" {
		o.set("summary", text(summarize(says)))
	}
	o.set("description", textOrNil(joined(append([]string{says}, notes...)...)))
	o.set("deprecated", trueOrNil(isDeprecated(md) || isDeprecated(md.Parent())))
	o.set("x-grpc-method", text(string(md.Parent().FullName())+"/"+string(md.Name())))
	return o
}

// document puts everything together.
func (b *builder) document(services []protoreflect.ServiceDescriptor) *object {
	paths := new(object)
	for _, e := range b.paths {
		paths.members = append(paths.members, member{e.route.path, e.item})
	}
	root := obj(
		member{"openapi", text("3.1.0")},
		member{"info", obj(
			member{"title", text(or(b.cfg.Title, title(services)))},
			member{"description", textOrNil(b.cfg.Description)},
			member{"version", text(or(b.cfg.Version, version(services)))},
		)},
	)
	var servers array
	for _, url := range b.cfg.Servers {
		servers = append(servers, obj(member{"url", text(url)}))
	}
	if servers != nil {
		root.set("servers", servers)
	}
	if b.cfg.Bearer {
		root.set("security", array{obj(member{"bearer", array{}})})
	}
	if tags := tags(services); tags != nil {
		root.set("tags", tags)
	}
	root.set("paths", paths)
	root.set("components", objectOrNil(b.components()))
	return root
}

func tags(services []protoreflect.ServiceDescriptor) node {
	var all array
	for _, sd := range services {
		all = append(all, obj(
			member{"name", text(sd.FullName())},
			member{"description", textOrNil(comment(sd))},
			member{"x-displayName", text(sd.Name())},
		))
	}
	if all == nil {
		return nil
	}
	return all
}

func (b *builder) components() *object {
	o := new(object)
	responses, parameters := new(object), new(object)
	if len(b.rest) > 0 {
		responses.set(restError, b.restErrorResponse())
	}
	if b.connect {
		responses.set(connectError, b.connectErrorResponse())
		parameters = connectParameters()
	}
	o.set("schemas", objectOrNil(b.schemas.component()))
	o.set("responses", objectOrNil(responses))
	o.set("parameters", objectOrNil(parameters))
	if b.cfg.Bearer {
		o.set("securitySchemes", obj(member{"bearer", obj(member{"type", text("http")}, member{"scheme", text("bearer")})}))
	}
	return o
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func title(services []protoreflect.ServiceDescriptor) string {
	if len(services) == 1 {
		return string(services[0].FullName())
	}
	if p := same(services, func(sd protoreflect.ServiceDescriptor) string { return string(sd.ParentFile().Package()) }); p != "" {
		return p
	}
	return "API"
}

var versionName = regexp.MustCompile(`^v[0-9]+((alpha|beta|p[0-9]+)[a-z0-9]*)?$`)

func version(services []protoreflect.ServiceDescriptor) string {
	v := same(services, func(sd protoreflect.ServiceDescriptor) string { return string(sd.ParentFile().Package().Name()) })
	if versionName.MatchString(v) {
		return v
	}
	return "0.0.0"
}

// same returns what f returns for all services, or "" if it is not the same.
func same(services []protoreflect.ServiceDescriptor, f func(protoreflect.ServiceDescriptor) string) string {
	s := ""
	for i, sd := range services {
		switch v := f(sd); {
		case i == 0:
			s = v
		case v != s:
			return ""
		}
	}
	return s
}
