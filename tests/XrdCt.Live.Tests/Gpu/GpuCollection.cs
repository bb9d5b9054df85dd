namespace XrdCt.Live.Tests.Gpu;

/// <summary>
/// Tests on ILGPU's stand-in for a device, one after the other: its threads wait for each other at every barrier, and two such devices on
/// a few cores wait longer than twice as long.
/// </summary>
[CollectionDefinition(Name)]
public sealed class GpuCollection
{
    public const string Name = "GPU";
}
