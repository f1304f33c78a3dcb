package curlew

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// A CertificateFile is a certificate and its key in files that may be replaced
// while the program runs, as certificate managers do. Its methods fit the
// fields of crypto/tls.Config of their names:
//
//	cert, err := curlew.LoadCertificate("server.pem", "server.key")
//	cfg := &tls.Config{GetCertificate: cert.GetCertificate}
//
// The files are looked at when a handshake needs the certificate, at most once a
// second. While the new ones cannot be read, or do not fit each other, the old
// certificate stays. The methods may be called concurrently.
type CertificateFile struct {
	certFile, keyFile string

	mu      sync.Mutex
	cert    *tls.Certificate
	stamp   [2]fileStamp
	checked time.Time
	err     error
}

// A fileStamp tells one version of a file from another.
type fileStamp struct {
	modified time.Time
	size     int64
}

const certCheckInterval = time.Second

// LoadCertificate reads a certificate chain and its private key, both in PEM.
func LoadCertificate(certFile, keyFile string) (*CertificateFile, error) {
	c := &CertificateFile{certFile: certFile, keyFile: keyFile}
	c.checked = time.Now()
	if c.reload(); c.err != nil {
		return nil, c.err
	}
	return c, nil
}

// GetCertificate is for the field of that name, at a server.
func (c *CertificateFile) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current(), nil
}

// GetClientCertificate is for the field of that name, at a client.
func (c *CertificateFile) GetClientCertificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	return c.current(), nil
}

// Err returns why the files could not be read when they were last looked at, or nil.
func (c *CertificateFile) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *CertificateFile) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.checked) >= certCheckInterval {
		c.checked = now
		c.reload()
	}
	return c.cert
}

// reload reads the files if they are not those that it read last.
func (c *CertificateFile) reload() {
	var stamp [2]fileStamp
	for i, name := range []string{c.certFile, c.keyFile} {
		// Stat follows the links through which secrets are swapped as a whole.
		fi, err := os.Stat(name)
		if err != nil {
			c.err = fmt.Errorf("curlew: certificate: %w", err)
			return
		}
		stamp[i] = fileStamp{fi.ModTime(), fi.Size()}
	}
	if c.cert != nil && stamp == c.stamp && c.err == nil {
		return
	}
	cert, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		c.err = fmt.Errorf("curlew: certificate %s with key %s: %w", c.certFile, c.keyFile, err)
		return
	}
	c.cert, c.stamp, c.err = &cert, stamp, nil
}
