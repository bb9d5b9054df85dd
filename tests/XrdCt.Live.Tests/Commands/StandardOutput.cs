namespace XrdCt.Live.Tests.Commands;

/// <summary>Classes that listen to standard output, of which a process has one: they run one after the other.</summary>
[CollectionDefinition(nameof(StandardOutput))]
public sealed class StandardOutput;
