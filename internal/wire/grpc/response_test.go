package grpc

import "testing"

func TestCheckResponse(t *testing.T) {
	const fine = OK
	tests := []struct {
		status      int
		contentType string
		subtype     string
		want        Code
	}{
		{200, "application/grpc", "", fine},
		{200, "application/grpc", "proto", fine},
		{200, "application/grpc+proto", "", fine},
		{200, "application/grpc+json", "json", fine},
		{200, "application/grpc+json; charset=utf-8", "json", fine},
		{200, "application/grpc", "json", Internal},
		{200, "application/grpc+json", "", Internal},
		{200, "application/grpc+json", "proto", Internal},
		{200, "text/html", "", Unknown},
		{200, "", "", Unknown},
		{200, "application/grpc-web", "", Unknown},
		{404, "application/grpc", "", Unimplemented},
		{404, "text/html", "", Unimplemented},
		{503, "text/html", "", Unavailable},
		{431, "", "", Unknown},
		{204, "application/grpc", "", Unknown},
		{0, "", "", Unknown},
	}
	for _, test := range tests {
		err := CheckResponse(test.status, test.contentType, test.subtype)
		if test.want != fine {
			wantError(t, test.contentType, err, test.want)
		} else if err != nil {
			t.Errorf("CheckResponse(%d, %q, %q) = %v", test.status, test.contentType, test.subtype, err)
		}
	}
}

func TestUserAgent(t *testing.T) {
	if got := UserAgent("", "1.2.3"); got != "grpc-go-curlew/1.2.3" {
		t.Errorf("UserAgent = %q", got)
	}
	if got := UserAgent("shop/7", "1.2.3"); got != "shop/7 grpc-go-curlew/1.2.3" {
		t.Errorf("UserAgent = %q", got)
	}
}
