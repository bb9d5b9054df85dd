namespace XrdCt.Live.Server.Integration;

/// <summary>A frame without a pattern.</summary>
/// <param name="File">Its file, with the dataset if one was named.</param>
/// <param name="Index">Its place in the file, from 0.</param>
/// <param name="Reason">Why, a sentence.</param>
internal sealed record FrameFailure(string File, int Index, string Reason);
