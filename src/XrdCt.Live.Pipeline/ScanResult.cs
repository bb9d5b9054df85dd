using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Pipeline.Metrics;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// What is saved of a scan: a function of its settings, of the set of its rows, and of what is known of the series. A running scan and
/// its journal give the same.
/// </summary>
public static class ScanResult
{
    /// <summary>Makes the result of a scan from its journal alone.</summary>
    /// <param name="settings">What the journal says of the settings.</param>
    /// <param name="journal">The journal; holds at least one write.</param>
    /// <param name="now">Time that stands in the result as the end of the scan.</param>
    /// <param name="damaged">How many patterns that the journal should hold are damaged or gone.</param>
    /// <exception cref="ArgumentException">Nothing was written to the journal.</exception>
    public static ScanRecord FromJournal(ScanSettings settings, IScanJournal journal, DateTimeOffset now, out int damaged)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(journal);
        JournalledScan known = journal.Scan ?? throw new ArgumentException("the journal is empty", nameof(journal));
        settings = (known.Reconstruction?.Over(settings) ?? settings).Forbidding(known.Zones);
        var tally = new FrameTally();
        var assembly = new ScanAssembly(settings, tally);
        damaged = journal.ReadReadings(reading => assembly.Tell(reading, out _));
        damaged += journal.Read(row => assembly.Place(row, out _));
        tally.GoOnFrom(known.Counters);
        assembly.Close();
        var reconstruction = new LiveReconstruction(settings);
        reconstruction.Complete(assembly);
        FrameCounters counters = tally.Read();
        int cells = settings.Description.Plan.CellCount;
        string ending = counters.Placed == cells
            ? ScanEnding.Finished(endedByDetector: false).Sentence
            : $"the scan was recovered from its journal with {cells - counters.Placed} of {cells} frames missing";
        return Of(settings, known with { Counters = counters }, assembly, reconstruction, ending, now);
    }

    internal static ScanRecord Of(
        ScanSettings settings,
        JournalledScan known,
        ScanAssembly assembly,
        LiveReconstruction reconstruction,
        string ending,
        DateTimeOffset now) => new()
        {
            Description = settings.Description,
            Program = settings.Program,
            StartedAt = known.StartedAt,
            EndedAt = now,
            Series = known.Series,
            Ending = ending,
            Energy_keV = settings.Geometry.Wavelength_m is double wavelength_m
                ? PhotonEnergy.FromWavelength_keV(wavelength_m)
                : known.Series?.Energy_keV,
            Geometry = settings.Geometry,
            Mask = settings.Mask,
            Integration = settings.Integration,
            Sinogram = assembly.Sinogram,
            Readings = settings.Readings,
            Regridding = assembly.Regridding,
            Unmatched = assembly.Unmatched,
            Stage = reconstruction.Stage,
            Axis = reconstruction.Axis,
            Corrected = reconstruction.Corrected,
            KeepsCorrected = settings.KeepsCorrected,
            Monitor = assembly.Monitor,
            Transmission = assembly.Transmission,
            MonitorReference = assembly.MonitorReference,
            Positions = assembly.Positions,
            Mean = assembly.Mean(),
            ChannelSinograms = [.. Enumerable.Range(0, settings.Description.Channels.Count).Select(assembly.SinogramOf)],
            Slices = reconstruction.Slices(),
            Reconstruction = ReconstructionSettings.Of(settings),
            Confidence = reconstruction.Confidence,
            Noise = reconstruction.Noise,
            Outside = reconstruction.Outside,
            Roi = reconstruction.Roi,
            Counters = known.Counters,
            Configuration = settings.Configuration,
        };
}
