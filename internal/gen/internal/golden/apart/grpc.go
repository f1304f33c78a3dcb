package apart

// What other generators declare in the package of the messages.
type (
	UserService              interface{ isUserService() }
	UserServiceClient        interface{ isUserServiceClient() }
	UnimplementedUserService struct{}
)

// NewUserServiceClient has the name of a function that generated code has too.
func NewUserServiceClient(any) UserServiceClient { return nil }
