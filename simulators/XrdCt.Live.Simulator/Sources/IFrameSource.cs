using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Simulator.Sources;

/// <summary>Where the simulated detector's frames come from. Thread-safe.</summary>
public interface IFrameSource
{
    /// <summary>Image size.</summary>
    ImageShape Shape { get; }

    /// <summary>Pixel type that holds its counts as they are.</summary>
    PixelType Type { get; }

    /// <summary>Different frames that there are; a longer series begins again with the first.</summary>
    int FrameCount { get; }

    /// <summary>What is known of a frame besides its pixels.</summary>
    /// <param name="index">Frame, from 0, below <see cref="FrameCount"/>.</param>
    FrameFacts FactsOf(int index);

    /// <summary>A reader for one worker.</summary>
    IFrameReader NewReader();
}
