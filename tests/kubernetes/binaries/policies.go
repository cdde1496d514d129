package main

import (
	"fmt"
	"sync"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"github.com/spf13/cobra"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// Keeps a node's network policies by iptables: the firewall of kube-router, and no more of it.
func policies() *cobra.Command {
	settings := options.NewKubeRouterConfig()
	settings.EnableIPv4 = true
	command := &cobra.Command{Use: "kube-router", Args: cobra.NoArgs}
	flags := command.Flags()
	flags.StringVar(&settings.Kubeconfig, "kubeconfig", "", "a file to connect by")
	flags.StringVar(&settings.HostnameOverride, "node", "", "the node's name")
	flags.StringSliceVar(&settings.ClusterIPCIDRs, "services", nil, "the addresses of services")
	command.RunE = func(command *cobra.Command, _ []string) error {
		return keep(settings, command.Context().Done())
	}
	return command
}

func keep(settings *options.KubeRouterConfig, stop <-chan struct{}) error {
	config, err := clientcmd.BuildConfigFromFlags("", settings.Kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	tables, sets, err := netpol.NewIPTablesHandlers(settings)
	if err != nil {
		return err
	}
	seen := informers.NewSharedInformerFactory(client, 0)
	pods := seen.Core().V1().Pods().Informer()
	namespaces := seen.Core().V1().Namespaces().Informer()
	kept := seen.Networking().V1().NetworkPolicies().Informer()
	firewall, err := netpol.NewNetworkPolicyController(
		client, settings, pods, kept, namespaces, &sync.Mutex{}, tables, sets,
	)
	if err != nil {
		return err
	}
	handlers := map[cache.SharedIndexInformer]cache.ResourceEventHandler{
		pods:       firewall.PodEventHandler,
		namespaces: firewall.NamespaceEventHandler,
		kept:       firewall.NetworkPolicyEventHandler,
	}
	for informer, handler := range handlers {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	seen.Start(stop)
	for kind, isThere := range seen.WaitForCacheSync(stop) {
		if !isThere {
			return fmt.Errorf("can't read %v", kind)
		}
	}
	// It says so often that it is alive; nobody asks.
	beats := make(chan *healthcheck.ControllerHeartbeat)
	go func() {
		for range beats {
		}
	}()
	var running sync.WaitGroup
	running.Add(1)
	firewall.Run(beats, stop, &running)
	return nil
}
