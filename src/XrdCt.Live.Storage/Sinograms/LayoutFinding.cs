namespace XrdCt.Live.Storage.Sinograms;

/// <summary>Something that a file has not as its layout says.</summary>
/// <param name="Path">Path in the file; an attribute stands behind an <c>@</c>.</param>
/// <param name="What">What is wrong with it, or follows from it.</param>
/// <param name="IsDefect">Whether readers fail or are misled; otherwise something optional is absent.</param>
public sealed record LayoutFinding(string Path, string What, bool IsDefect);
