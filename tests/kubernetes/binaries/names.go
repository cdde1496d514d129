package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"

	// What the names of a cluster need, and no more of CoreDNS.
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/kubernetes"
)

// Answers for the names of services, by the file that it is told of.
func names() {
	dnsserver.Directives = []string{"errors", "health", "cache", "kubernetes"}
	coremain.Run()
}
