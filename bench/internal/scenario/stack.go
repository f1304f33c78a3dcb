package scenario

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Stack is one implementation under test.
type Stack struct {
	Name    string
	Title   string
	Version string
	// Server and Client are programs; empty when there is none.
	Server, Client string
	// Web is the server program that speaks the web's protocols.
	Web string
	has feature
}

// feature is a set of what a stack can be measured at.
type feature int

const (
	h2unary   feature = 1 << iota // its server answers h2load's unary calls
	ownClient                     // its client can call its own server
	anyServer                     // its client can call any server
	streams                       // it has streams, and messages of any size
	secure                        // it has TLS
	static                        // its server serves files
	goTime                        // GOMAXPROCS means something to it
	chatIdle                      // its streams can be opened by bare frames
	oneFile                       // its program is one file
	warmsUp                       // it compiles what it runs often, which takes seconds
	browsers                      // its server speaks Connect and gRPC-Web
	rest                          // its server speaks REST
	webOnly                       // it is a server for the web, and nothing else

	peer = h2unary | ownClient | anyServer | streams | secure | chatIdle
)

// The names of the stacks that bars and reports speak of.
const (
	Curlew  = "curlew"
	GRPCGo  = "grpcgo"
	Floor   = "floor"
	Nghttpd = "nghttpd"
	Cpp     = "cpp"
	NetHTTP = "nethttp"

	ConnectGo   = "connectgo"
	Vanguard    = "vanguard"
	GRPCGateway = "grpcgateway"
)

// known lists all stacks in the order of the reports.
var known = []Stack{
	{Name: Curlew, Title: "Curlew", has: peer | goTime | oneFile | browsers | rest},
	{Name: GRPCGo, Title: "grpc-go", has: peer | goTime | oneFile},
	{Name: "kitex", Title: "kitex (gRPC)", has: peer&^secure | goTime | oneFile},
	{Name: ConnectGo, Title: "connect-go", has: peer | goTime | oneFile | browsers},
	{Name: "drpc", Title: "drpc (own wire)", has: ownClient | streams | goTime | oneFile},
	{Name: NetHTTP, Title: "net/http, canned", has: h2unary | ownClient | secure | goTime | oneFile},
	{Name: "tonic", Title: "tonic (Rust)", has: peer | oneFile},
	{Name: Cpp, Title: "gRPC C++", has: peer},
	{Name: "java", Title: "grpc-java", has: peer | warmsUp},
	{Name: Nghttpd, Title: "nghttpd (C), a file", has: h2unary | static | secure},
	{Name: Floor, Title: "floor (Go), canned", has: h2unary | ownClient | anyServer | goTime | oneFile},
	{Name: Vanguard, Title: "vanguard (connect-go)", has: rest | goTime | webOnly},
	{Name: GRPCGateway, Title: "grpc-gateway (no backend)", has: rest | goTime | webOnly},
}

// Known returns the names of all stacks.
func Known() []string {
	names := make([]string, len(known))
	for i, s := range known {
		names[i] = s.Name
	}
	return names
}

// quickStacks are those that the bars of a quick run need.
var quickStacks = []string{Curlew, GRPCGo, ConnectGo, Vanguard, GRPCGateway, Floor, Nghttpd}

// Find returns the stacks whose programs are there, of those named, and why
// others are not. Without names, all are meant.
func Find(bin string, names []string, quick bool) (found []Stack, skipped []string) {
	for _, name := range names {
		if !slices.Contains(Known(), name) {
			skipped = append(skipped, name+": no such stack")
		}
	}
	for _, stack := range known {
		switch {
		case len(names) > 0 && !slices.Contains(names, stack.Name):
			continue
		case len(names) == 0 && quick && !slices.Contains(quickStacks, stack.Name):
			continue
		}
		if stack.Name == Nghttpd {
			path, err := exec.LookPath("nghttpd")
			if err != nil {
				skipped = append(skipped, "nghttpd: it is not installed (Debian: nghttp2-server)")
				continue
			}
			stack.Server = path
			found = append(found, stack)
			continue
		}
		stack.Server = executable(filepath.Join(bin, stack.Name+"-server"))
		stack.Client = executable(filepath.Join(bin, stack.Name+"-client"))
		stack.Web = executable(filepath.Join(bin, stack.Name+"-web"))
		if stack.Web == "" && stack.Name != Curlew {
			stack.Web = stack.Server
		}
		if stack.Server == "" && stack.Client == "" {
			skipped = append(skipped, stack.Name+": its programs are not built")
			continue
		}
		if (stack.Server == "" || stack.Client == "") && !stack.can(webOnly) {
			skipped = append(skipped, stack.Name+": one of its two programs is not built; what needs it is left out")
		}
		found = append(found, stack)
	}
	return found, skipped
}

func executable(path string) string {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
		return ""
	}
	return path
}

// Order is the place of a subject in the reports.
func Order(subject string) int {
	name, _, _ := strings.Cut(subject, " ")
	return slices.Index(Known(), name)
}

// Title returns how reports name a subject, which may be a variation such as
// "curlew +4".
func Title(subject string) string {
	name, rest, varied := strings.Cut(subject, " ")
	for _, s := range known {
		if s.Name != name {
			continue
		}
		if varied {
			return s.Title + " " + rest
		}
		return s.Title
	}
	return subject
}
