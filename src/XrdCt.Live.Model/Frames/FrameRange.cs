namespace XrdCt.Live.Model.Frames;

/// <summary>Frames that follow each other.</summary>
/// <param name="First">Index of the first.</param>
/// <param name="Last">Index of the last; the same for a single frame.</param>
public readonly record struct FrameRange(int First, int Last)
{
    /// <summary>Number of frames.</summary>
    public int Count => Last - First + 1;

    /// <summary>The range as people write it: <c>12</c> or <c>40-55</c>.</summary>
    public override string ToString() => First == Last ? $"{First}" : $"{First}-{Last}";
}
