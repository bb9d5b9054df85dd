using PureHDF;
using XrdCt.Live.Storage.Images;

namespace XrdCt.Live.Storage.Stacks;

/// <summary>Lists of numbers in HDF5 files, as a beam monitor or a motor has them, one number per frame.</summary>
public static class NumberDataset
{
    // A scan of ten million frames is a month of beamtime.
    private const long MostNumbers = 10_000_000;

    /// <summary>Reads a list of integers or floats.</summary>
    /// <param name="path">The file.</param>
    /// <param name="dataset">Path of the dataset in it.</param>
    /// <param name="decoder">Unpacks bitshuffle-LZ4.</param>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no HDF5 file, or has no such list; the message names both.</exception>
    public static double[] Read(string path, string dataset, ChunkDecoder decoder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentException.ThrowIfNullOrWhiteSpace(dataset);
        ArgumentNullException.ThrowIfNull(decoder);
        using NumberFile file = new(path, decoder);
        IH5Dataset found = file.Find(dataset) ?? throw file.Wrong($"there is no dataset {dataset}: name another");
        long[] sides = file.Dimensions(found);
        return sides is [<= MostNumbers and var count]
            ? file.ReadDoubles(found, dataset, count)
            : throw file.Wrong($"{dataset} [{string.Join(", ", sides)}] is no list of numbers, one per frame");
    }
}
