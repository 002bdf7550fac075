package modem

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"watchbox/firmware/driver"
)

// failure is what the modem answered instead of OK.
type failure struct {
	set  string // "CMS", "CME", or empty for a plain ERROR
	code int
}

func (f *failure) Error() string {
	if f.set == "" {
		return "modem answered ERROR"
	}
	words := cmeWords
	if f.set == "CMS" {
		words = cmsWords
	}
	if w := words[f.code]; w != "" {
		return fmt.Sprintf("%s (+%s ERROR: %d)", w, f.set, f.code)
	}
	return fmt.Sprintf("+%s ERROR: %d", f.set, f.code)
}

// Unwrap says that the modem answered, and said no.
func (f *failure) Unwrap() error { return driver.ErrRefused }

// From 3GPP TS 27.005 3.2.5 and TS 24.011 annex E (below 128), and TS 27.007 9.2.
var (
	cmsWords = map[int]string{
		1: "number not assigned", 8: "barred by the operator", 10: "call barred", 21: "short message rejected",
		27: "destination out of service", 28: "subscriber not identified", 29: "facility rejected", 30: "unknown subscriber",
		38: "network out of order", 41: "temporary failure", 42: "congestion", 47: "resources not available",
		50: "facility not subscribed", 69: "facility not implemented", 300: "modem failure", 301: "service of modem reserved",
		302: "operation not allowed", 304: "PDU not accepted", 310: "no SIM", 311: "SIM wants its PIN", 313: "SIM failure",
		314: "SIM busy", 315: "SIM wrong", 316: "SIM wants its PUK", 320: "memory failure", 322: "memory full",
		330: "centre's number unknown", 331: "no network service", 332: "network did not answer", 500: "unknown error",
	}
	cmeWords = map[int]string{
		3: "operation not allowed", 4: "operation not supported", 10: "no SIM", 11: "SIM wants its PIN", 12: "SIM wants its PUK",
		13: "SIM failure", 14: "SIM busy", 15: "SIM wrong", 16: "incorrect password", 30: "no network service", 31: "network did not answer", 100: "unknown error",
	}
	// finalCMS and finalCME are what trying again within minutes does not mend:
	// the next channel or person has its turn at once.
	finalCMS = map[int]bool{1: true, 8: true, 10: true, 21: true, 28: true, 29: true, 30: true, 50: true, 69: true, 302: true,
		303: true, 304: true, 305: true, 310: true, 311: true, 312: true, 313: true, 315: true, 316: true, 317: true, 318: true, 330: true}
	finalCME = map[int]bool{4: true, 10: true, 11: true, 12: true, 13: true, 15: true, 16: true}
)

// retryable tells whether trying again within minutes may help.
func retryable(err error) bool {
	var f *failure
	switch {
	case errors.As(err, &f):
		return !(f.set == "CMS" && finalCMS[f.code] || f.set == "CME" && finalCME[f.code])
	case errors.Is(err, driver.ErrUnsupported):
		return false
	}
	return true
}

// readFailure reads a final line that is not OK; ok is false for any other line.
func readFailure(line string) (f *failure, ok bool) {
	if line == "ERROR" || line == "COMMAND NOT SUPPORT" {
		return &failure{}, true
	}
	for _, set := range []string{"CMS", "CME"} {
		rest, found := strings.CutPrefix(line, "+"+set+" ERROR:")
		if !found {
			continue
		}
		code, err := strconv.Atoi(strings.TrimSpace(rest))
		if err != nil {
			code = map[string]int{"CMS": 500, "CME": 100}[set]
		}
		return &failure{set, code}, true
	}
	return nil, false
}
