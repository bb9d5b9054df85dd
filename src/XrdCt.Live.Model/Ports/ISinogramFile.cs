using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Model.Ports;

/// <summary>A sinogram in a file, read a range of bins at a time, so that one larger than the memory can be worked on. Not thread-safe.</summary>
public interface ISinogramFile : IDisposable
{
    /// <summary>Axes and origin.</summary>
    SinogramHeader Header { get; }

    /// <summary>Reads the intensities of some bins, as they are in the file; NaN where unmeasured.</summary>
    /// <param name="first">The first bin, from 0.</param>
    /// <param name="count">How many.</param>
    /// <param name="values">Receives them, [rotation, translation, bin], <c>CellCount · count</c> values.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no such bins, or there is no room for them.</exception>
    /// <exception cref="InvalidDataException">They cannot be read; the message names file and dataset.</exception>
    void ReadBins(int first, int count, Span<float> values);
}
