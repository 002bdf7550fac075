package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// addresses are where the site answers on the network. While fieldsim runs, the
// file `ready` in its folder holds them as JSON.
type addresses struct {
	Page     string `json:"page"`
	Meter    string `json:"meter"`    // Modbus TCP
	Switch   string `json:"switch"`   // SNMP
	Firewall string `json:"firewall"` // SNMP
	Card     string `json:"upscard"`  // SNMP
	Wall     string `json:"wall"`     // sACN
	Mail     string `json:"mail"`     // SMTP
}

// usual is what site.yaml says.
func usual() addresses {
	return addresses{Page: "127.0.0.1:8081", Meter: "127.0.0.1:15020", Switch: "127.0.0.1:16161", Firewall: "127.0.0.1:16162",
		Card: "127.0.0.1:16163", Wall: "127.0.0.1:15568", Mail: "127.0.0.1:10250"}
}

// portFlag is one address with the flag that sets it.
type portFlag struct {
	flag, help string
	address    *string
}

func (a *addresses) ports() []portFlag {
	return []portFlag{
		{"listen", "`address` of the page and the control API; loopback only", &a.Page},
		{"meter", "`address` of the Modbus TCP meter", &a.Meter},
		{"switch", "`address` of the core switch's SNMP agent", &a.Switch},
		{"firewall", "`address` of the firewall's SNMP agent", &a.Firewall},
		{"upscard", "`address` of the UPS card's SNMP agent", &a.Card},
		{"wall", "`address` of the status wall (sACN)", &a.Wall},
		{"mail", "`address` of the mail host (SMTP)", &a.Mail},
	}
}

// site is site.yaml with the addresses at which things answer here.
func (a addresses) site(text string) string {
	u := usual()
	return strings.NewReplacer(u.Meter, a.Meter, u.Switch, a.Switch, u.Firewall, a.Firewall,
		u.Card, a.Card, u.Wall, a.Wall, u.Mail, a.Mail).Replace(text)
}

// announce writes `ready`, all of it or nothing.
func (a addresses) announce(dir string) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "ready")
	if err := os.WriteFile(path+".new", append(b, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// readAddresses reads the `ready` of a running fieldsim.
func readAddresses(dir string) (a addresses, err error) {
	b, err := os.ReadFile(filepath.Join(dir, "ready"))
	if err != nil {
		return a, fmt.Errorf("no fieldsim is ready in %s: %w", dir, err)
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return a, fmt.Errorf("read %s: %w", filepath.Join(dir, "ready"), err)
	}
	return a, nil
}
