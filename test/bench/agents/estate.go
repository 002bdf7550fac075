package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/gosnmp/gosnmp"
)

// snmpInTotalReqVars is how many objects the agent was asked for and gave (RFC 1213,
// group snmp).
const snmpInTotalReqVars = ".1.3.6.1.2.1.11.13.0"

// estate is one agent on every address of the loop.
type estate struct {
	port   int
	agent  *exec.Cmd
	client *gosnmp.GoSNMP
}

func newEstate(dir string) (*estate, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	conf, words := filepath.Join(dir, "snmpd.conf"), &bytes.Buffer{}
	if err := os.WriteFile(conf, fmt.Appendf(nil, "agentaddress udp:0.0.0.0:%d\nrocommunity public default\n", port), 0o600); err != nil {
		return nil, err
	}
	e := &estate{port: port, agent: exec.Command("/usr/sbin/snmpd", "-f", "-Le", "-C", "-c", conf, "-I", "-smux"),
		client: &gosnmp.GoSNMP{Target: "127.0.0.1", Port: uint16(port), Community: "public", Version: gosnmp.Version2c, Timeout: time.Second, Retries: 10}}
	e.agent.Env, e.agent.Stderr = append(os.Environ(), "SNMP_PERSISTENT_DIR="+dir, "MIBS="), words
	if err := e.agent.Start(); err != nil {
		return nil, fmt.Errorf("%w: apt-get install snmpd", err)
	}
	err = e.client.Connect()
	for tries := 0; err == nil && tries < 100; tries++ {
		if _, refused := e.given(); refused == nil {
			return e, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err == nil {
		err = fmt.Errorf("no answer in 10 s")
	}
	e.end()
	return nil, fmt.Errorf("snmpd does not answer: %w\n%s", err, words)
}

func (e *estate) end() {
	e.agent.Process.Kill()
	e.agent.Wait()
}

// given is how many values the agent has given since it began.
func (e *estate) given() (int64, error) {
	p, err := e.client.Get([]string{snmpInTotalReqVars})
	if err != nil {
		return 0, err
	}
	return gosnmp.ToBigInt(p.Variables[0].Value).Int64(), nil
}

// agents are the addresses, "127.0.1.1:16161".
func agents(port int) (list []string) {
	for i := range asked {
		list = append(list, fmt.Sprintf("127.0.%d.%d:%d", 1+i/200, 1+i%200, port))
	}
	return list
}

func freePort() (int, error) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).Port, nil
}
