using PureHDF;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Storage.Files;
using XrdCt.Live.Storage.Nexus;

namespace XrdCt.Live.Storage;

/// <summary>
/// Keeps scans as NeXus HDF5 files of the application definition NXxrdct, one file per scan, named
/// <c>TITLE_yyyyMMdd-HHmmss.nxs</c> (a slice of a stack: <c>TITLE_slice003_yyyyMMdd-HHmmss.nxs</c>). Files appear complete or not at all. Not thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// Layout, below <c>/entry</c>: <c>data/intensity</c> [translation, rotation, bin] (NaN where unmeasured) with its axes
/// and <c>coverage</c>; <c>mean_pattern</c> (x, intensity, sigma, count); <c>live/CHANNEL</c> (slice [y, x] with axes
/// in µm, sinogram [rotation, translation]); <c>sample</c>, <c>beam</c>, <c>instrument</c>, <c>control</c> as the
/// definition says; <c>corrected/intensity</c> [translation, rotation, bin], the same dataset where no correction changes anything, and
/// <c>corrections</c> with every parameter and finding and the flags of the cells; <c>variance</c> with the variances of sums of
/// 16 bins; <c>confidence</c> with the noise of the slice of the total; <c>positions</c> as they were told; <c>process</c> with all settings, the geometry and the configuration; <c>reconstruction</c>, what the slices were made with;
/// <c>scan_plan</c>, <c>stage</c>, <c>centre_of_rotation</c>, <c>readings</c>, <c>counters</c>, <c>roi_candidates</c>, <c>ending</c>. Where
/// recorded positions decide, <c>frames</c> has the patterns as they were taken. Every physical number has a <c>units</c> attribute. Viewers
/// that follow <c>default</c> show the slice of the first live channel, or the mean pattern where there is none.
/// </para>
/// <para>Source: NXxrdct 1.0, <see href="https://github.com/nexuscontributions/nxxrdct"/>.</para>
/// </remarks>
public sealed class NexusScanStore : IScanStore
{
    private const string Extension = ".nxs";

    private readonly string _folder;
    private readonly Func<string, Stream> _open;

    /// <summary>Makes a store.</summary>
    /// <param name="folder">Folder for the files; made at the first save when it does not exist.</param>
    /// <exception cref="ArgumentException">The folder name is empty.</exception>
    public NexusScanStore(string folder)
        : this(folder, partPath => PartFile.OpenFile(partPath, FileMode.CreateNew))
    {
    }

    /// <summary>Makes a store that opens part files in the given way, which must refuse existing ones.</summary>
    internal NexusScanStore(string folder, Func<string, Stream> open)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        _folder = Path.GetFullPath(folder);
        _open = open;
    }

    /// <summary>Makes the folder and a small file in it, which is deleted again: whether a result could be saved there.</summary>
    /// <exception cref="IOException">It could not; the message names the folder and the remedy.</exception>
    public void CheckWritable()
    {
        string path = Path.Combine(_folder, $".writable-{Guid.NewGuid():N}");
        try
        {
            MakeFolder(path);
            using FileStream probe = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            probe.WriteByte(0);
        }
        catch (Exception fault) when (WriteFailure.IsFileFault(fault))
        {
            throw WriteFailure.Explain("the scan", Path.Combine(_folder, "scan.nxs"), fault);
        }
    }

    /// <inheritdoc />
    /// <remarks>
    /// The extra memory is a few times that of a 64 KiB chunk plus that of the mask, however large the scan. Cells
    /// that were not measured are written as NaN.
    /// </remarks>
    /// <exception cref="ArgumentException">Parts of the record differ in size.</exception>
    public string Save(ScanRecord scan)
    {
        ArgumentNullException.ThrowIfNull(scan);
        ScanTree tree = new(scan);
        string stem = ResultName.Stem(scan.Description, scan.StartedAt);
        string path = Path.Combine(_folder, stem + Extension);
        try
        {
            MakeFolder(path);
            using PartFile part = Claim(stem, out int number);
            Write(tree, scan, part.Stream);
            return Publish(part, stem, number);
        }
        catch (Exception fault) when (WriteFailure.IsFileFault(fault))
        {
            throw WriteFailure.Explain("the scan", path, fault);
        }
    }

    private static void Write(ScanTree tree, ScanRecord scan, Stream stream)
    {
        // Not in a using: disposing writes index and superblock; after a failure a broken file would look whole.
        H5NativeWriter writer = tree.File.BeginWrite(stream, NexusNodes.Options);
        SinogramStack raw = scan.Sinogram;
        Regridding? regridding = scan.Regridding;
        IntensityWriter.Write(writer, tree.Intensity, tree.ChunkShape, raw.Plan, raw.BinCount, regridding is null
            ? (cell, first, values) => raw.Pattern(cell).Slice(first, values.Length).CopyTo(values)
            : (cell, first, values) => regridding.Mix(raw, raw.Offset(cell), first, values));
        if (tree.Corrected is { } corrected)
        {
            IntensityWriter.Write(writer, corrected, tree.ChunkShape, raw.Plan, raw.BinCount, scan.Corrected!.Read);
        }

        if (tree.Variance is { } variance)
        {
            IntensityWriter.Write(
                writer, variance, tree.BandChunkShape, raw.Plan, tree.BandCount, Bands(raw.BinCount, (cell, first, values) => raw.Variance(cell).Slice(first, values.Length).CopyTo(values)));
        }

        if (tree.CorrectedVariance is { } correctedVariance)
        {
            IntensityWriter.Write(writer, correctedVariance, tree.BandChunkShape, raw.Plan, tree.BandCount, Bands(raw.BinCount, scan.Corrected!.ReadVariance));
        }

        if (tree.Frames is { } frames)
        {
            IntensityWriter.WriteFrames(writer, frames, ScanTree.FramesPerChunk, scan.Sinogram);
        }

        writer.Dispose();
    }

    // Sums of bins, which are independent; NaN where none has a variance.
    private static CellReader Bands(int binCount, CellReader read)
    {
        float[] pattern = new float[binCount];
        return (cell, first, values) =>
        {
            Span<float> bins = pattern.AsSpan(0, Math.Min(values.Length * ScanTree.BinsPerBand, binCount - (first * ScanTree.BinsPerBand)));
            read(cell, first * ScanTree.BinsPerBand, bins);
            for (int band = 0; band < values.Length; band++)
            {
                double sum = 0;
                bool isAny = false;
                foreach (float variance in bins[(band * ScanTree.BinsPerBand)..Math.Min((band + 1) * ScanTree.BinsPerBand, bins.Length)])
                {
                    sum += float.IsFinite(variance) ? variance : 0;
                    isAny |= float.IsFinite(variance);
                }

                values[band] = isAny ? (float)sum : float.NaN;
            }
        };
    }

    private void MakeFolder(string path)
    {
        if (File.Exists(_folder))
        {
            throw new IOException($"'{_folder}' is a file, not a folder");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
    }

    // The part file reserves the name: two processes that save at once get two numbers.
    private PartFile Claim(string stem, out int number)
    {
        for (number = 1; number < ResultName.MostNumbers; number++)
        {
            string path = NumberedPath(stem, number);
            if (File.Exists(path) || File.Exists(path + PartFile.Suffix))
            {
                continue;
            }

            try
            {
                return PartFile.Start(path, _open);
            }
            catch (IOException) when (File.Exists(path + PartFile.Suffix))
            {
                // Somebody else was faster.
            }
        }

        throw new IOException($"all names up to number {ResultName.MostNumbers} are taken");
    }

    private string Publish(PartFile part, string stem, int number)
    {
        for (; number < ResultName.MostNumbers; number++)
        {
            string path = NumberedPath(stem, number);
            try
            {
                part.Publish(path, overwrite: false);
                return path;
            }
            catch (IOException) when (File.Exists(path))
            {
                // Somebody took the final name while the part file was being written.
            }
        }

        throw new IOException($"all names up to number {ResultName.MostNumbers} are taken");
    }

    private string NumberedPath(string stem, int number) =>
        Path.Combine(_folder, ResultName.Numbered(stem, number, Extension));
}
