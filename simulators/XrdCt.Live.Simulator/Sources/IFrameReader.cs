namespace XrdCt.Live.Simulator.Sources;

/// <summary>Makes or reads the frames of a source for one worker. Not thread-safe.</summary>
public interface IFrameReader
{
    /// <summary>Reads a frame.</summary>
    /// <param name="index">Frame, from 0, below the source's count.</param>
    /// <param name="pixels">Receives counts, row-major; −1 gap, −2 bad pixel.</param>
    void Read(int index, Span<int> pixels);
}
