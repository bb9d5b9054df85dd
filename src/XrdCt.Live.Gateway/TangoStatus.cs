using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Gateway;

/// <summary>How the processing stands, as the Tango device <c>XrdCtLive</c> shows it.</summary>
public sealed record TangoStatus
{
    // As the gateway has them.
    private const int MostCandidates = 16;
    private const int LongestText = 4096;

    /// <summary>Phase of the scan.</summary>
    public required ScanPhase Phase { get; init; }

    /// <summary>Name of the scan.</summary>
    public string Title { get; init; } = "";

    /// <summary>One sentence for people; empty when all is well.</summary>
    public string Message { get; init; } = "";

    /// <summary>Frames that lie in their cells.</summary>
    public long FramesPlaced { get; init; }

    /// <summary>Cells of the plan.</summary>
    public long Cells { get; init; }

    /// <summary>Frames placed per second, Hz.</summary>
    public double Rate_Hz { get; init; }

    /// <summary>Share of the planned projections that is measured, 0…1.</summary>
    public double Coverage { get; init; }

    /// <summary>Widest angle between neighbouring projections, degrees.</summary>
    public double WidestGap_deg { get; init; } = 180;

    /// <summary>Correlation that the slice is estimated to have with the true one, 0…1; NaN before there is one.</summary>
    public double Confidence { get; init; } = double.NaN;

    /// <summary>The same in one sentence.</summary>
    public string ConfidenceText { get; init; } = "";

    /// <summary>Where the region-of-interest scan could go, best first; the first 16 are shown.</summary>
    public IReadOnlyList<RoiCandidate> Candidates { get; init; } = [];

    /// <summary>The same in one sentence.</summary>
    public string CandidatesText { get; init; } = "";

    /// <summary>Whether more of this scan would not change where the region of interest goes.</summary>
    public bool MayStop { get; init; }

    /// <summary>Why, or why not, in one sentence.</summary>
    public string StopReason { get; init; } = "";

    /// <summary>Where the result was saved; empty until then.</summary>
    public string SavedPath { get; init; } = "";

    /// <summary>What there is to show of a scan.</summary>
    /// <param name="title">Name of the scan.</param>
    /// <param name="state">How it stands.</param>
    /// <param name="roi">Where the region of interest could go; null before anything is known.</param>
    public static TangoStatus Of(string title, LiveState state, RoiSuggestion? roi)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(state);
        return new TangoStatus
        {
            Phase = state.Phase,
            Title = title,
            Message = state.Message,
            FramesPlaced = state.Counters.Placed,
            Cells = state.CellCount,
            Rate_Hz = state.Rate_Hz,
            Coverage = state.Confidence?.Coverage.Fraction ?? 0,
            WidestGap_deg = state.LargestGap_deg,
            Confidence = state.Confidence?.ReferenceCorrelation ?? double.NaN,
            ConfidenceText = state.Confidence?.Sentence ?? "",
            Candidates = roi?.Candidates ?? [],
            CandidatesText = roi?.Explanation ?? "",
            MayStop = roi?.Stop.MayStop ?? false,
            StopReason = roi?.Stop.Sentence ?? "",
            SavedPath = state.SavedPath ?? "",
        };
    }

    internal Wire.LiveStatus ToWire() => new()
    {
        State = Phase switch
        {
            ScanPhase.Waiting => Wire.State.Standby,
            ScanPhase.Running or ScanPhase.Saving => Wire.State.Running,
            ScanPhase.Complete => Wire.State.On,
            ScanPhase.Incomplete => Wire.State.Alarm,
            ScanPhase.Failed => Wire.State.Fault,
            _ => Wire.State.Unknown,
        },
        Phase = Phase.ToString().ToLowerInvariant(),
        Title = Cut(Title),
        Message = Cut(Message),
        FramesPlaced = (ulong)Math.Max(0, FramesPlaced),
        Cells = (ulong)Math.Max(0, Cells),
        RateHz = Rate_Hz,
        Coverage = Coverage,
        WidestGapDeg = WidestGap_deg,
        Confidence = Confidence,
        ConfidenceText = Cut(ConfidenceText),
        Candidates =
        {
            Candidates.Take(MostCandidates).Select(c => new Wire.Candidate
            {
                XUm = c.X_um,
                YUm = c.Y_um,
                RadiusUm = c.Radius_um,
                MaterialFraction = c.MaterialFraction,
                EdgeDistanceUm = c.EdgeDistance_um,
                Score = c.Score,
                ScoreSigma = c.ScoreSigma,
            }),
        },
        CandidatesText = Cut(CandidatesText),
        MayStop = MayStop,
        StopReason = Cut(StopReason),
        SavedPath = Cut(SavedPath),
    };

    // Tango's texts are Latin-1: what it cannot write would be refused as a whole.
    private static string Cut(string text) => new([.. text.Take(LongestText).Select(c => c switch
    {
        'µ' or 'μ' => 'u',
        '\0' => ' ',
        > 'ÿ' => '?',
        _ => c,
    })]);
}
