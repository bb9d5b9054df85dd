namespace XrdCt.Live.Storage.Hdf5;

/// <summary>Frames of a virtual dataset that follow each other in one source.</summary>
/// <param name="First">The first of them in the virtual dataset.</param>
/// <param name="Count">How many.</param>
/// <param name="Source">Which source.</param>
/// <param name="SourceFirst">The first of them in the source.</param>
internal readonly record struct VirtualPiece(int First, int Count, int Source, int SourceFirst);
