namespace XrdCt.Live.Tests.Gateway;

/// <summary>Tests with real Tango share one database, one beamline and one gateway, and run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class TangoCollection : ICollectionFixture<TangoBeamline>
{
    public const string Name = "Tango";
}
