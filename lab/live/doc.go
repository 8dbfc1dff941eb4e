// Package live shows on a web page how several models learn the same points side by side.
//
//	s := live.New(live.Options{Stage: stage.Options{Out: "runs"}})
//	defer s.Close()
//	l, err := live.Listen("127.0.0.1:0")
//	fmt.Println(s.Link(l))
//	err = s.Serve(ctx, l)
//
// The page is embedded in the program and needs no network. It asks the server by the protocol of PROTOCOL.md, which
// package stage answers. [WriteStatic] writes the same page with the library compiled to WebAssembly, for a web host
// that serves files only.
//
// A [Server] is meant for the reader's own machine. It answers only requests whose Host is the address that it was
// given, refuses those that another site's page has made (Origin, Sec-Fetch-Site), and bounds bodies, headers,
// connections and times. On an address beyond loopback every request needs the token of the link. The page has a content security policy
// that allows the server's own files and nothing else.
//
// Not guaranteed: secrecy on the network, since the server speaks HTTP without encryption.
package live
