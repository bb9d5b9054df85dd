"""The Tango gateway of XrdCt.Live: Tango devices through gRPC, and the results as a Tango device."""

VERSION = "0.1.0"
