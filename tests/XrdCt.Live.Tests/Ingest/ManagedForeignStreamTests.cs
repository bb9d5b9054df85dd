using XrdCt.Live.Ingest.ZeroMq;

namespace XrdCt.Live.Tests.Ingest;

public sealed class ManagedForeignStreamTests() : ForeignStreamContract(ZmqLibrary.Managed);
