using XrdCt.Live.Storage.Sinograms;

namespace XrdCt.Live.Server.Conversion;

/// <summary>Opens sinograms to make slices of.</summary>
internal static class SinogramFiles
{
    /// <summary>Opens the corrected sinogram of a scan file, of which slices are made while a scan runs too; what there is where it has none.</summary>
    /// <param name="location">File, or file and dataset.</param>
    /// <param name="how">What the caller tells of it.</param>
    /// <param name="isRaw">Whether the raw one is meant all the same.</param>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It holds no sinogram, or one that does not fit its axes.</exception>
    public static SinogramFile OpenCorrected(string location, SinogramReading how, bool isRaw)
    {
        SinogramFile file = new(location, how, ChunkUnpacking.Unpack);
        bool isNamed = how.Dataset is not null || SinogramFile.FileOf(location) != location;
        if (isRaw || isNamed || file.CorrectedPath is null)
        {
            return file;
        }

        file.Dispose();
        return new SinogramFile(location, how with { IsCorrected = true }, ChunkUnpacking.Unpack);
    }
}
