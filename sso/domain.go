package sso

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// domainFile is what the consoles call a verification file (校验文件).
var domainFile = regexp.MustCompile(`^(WW|MP)_verify_[A-Za-z0-9]+\.txt$`)

// DomainHandler serves the files with which the platform makes sure that a domain
// is yours (域名归属校验): WW_verify_….txt for the trusted domain (可信域名) of an app and
// MP_verify_….txt for a mini program or an official account. files has the content
// by the name, both as downloaded from the console: at most 1 KiB, served byte for
// byte. A name or content that cannot be of such a file is a [*ParamError].
//
// The platform fetches a file from the root of the domain:
//
//	verify, err := sso.DomainHandler(map[string]string{"WW_verify_8c1MRqKp.txt": "8c1MRqKp"})
//	mux.Handle("GET /WW_verify_8c1MRqKp.txt", verify)
//
// Any other path is answered with 404, any method but GET and HEAD with 405, so
// the router may send more paths here than those of the files.
func DomainHandler(files map[string]string) (http.Handler, error) {
	const longestName, longestContent = 128, 1024
	for name, content := range files {
		if len(name) > longestName || !domainFile.MatchString(name) {
			return nil, &ParamError{
				Op: "DomainHandler", Param: "name",
				Reason: "of a file must be WW_verify_….txt or MP_verify_….txt, letters and digits in between",
			}
		}
		if content == "" || len(content) > longestContent {
			return nil, &ParamError{
				Op: "DomainHandler", Param: "content",
				Reason: fmt.Sprintf("of a file has %d bytes, not 1 to %d", len(content), longestContent),
			}
		}
	}
	return domainFiles(maps.Clone(files)), nil
}

// domainFiles are contents by name.
type domainFiles map[string]string

// ServeHTTP implements [http.Handler].
func (f domainFiles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content, ok := f[strings.TrimPrefix(r.URL.Path, "/")]
	switch {
	case !ok:
		http.NotFound(w, r)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodGet {
		_, _ = io.WriteString(w, content) // fails if the platform has gone
	}
}
